"""The gettext catalogues: one folder a language, and the templates."""
