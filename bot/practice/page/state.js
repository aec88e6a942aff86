// What the page knows: what the machine told it last, and the phones drawn from it.

export const state = { about: null, room: null, phones: new Map() };

let hourOf = null;
let dayOf = null;

/** Write every time as the programme's zone has it. */
export function useZone(zone) {
  const parts = { timeZone: zone };
  hourOf = new Intl.DateTimeFormat("en-GB", { ...parts, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  dayOf = new Intl.DateTimeFormat("en-GB", { ...parts, weekday: "short", day: "numeric", month: "short" });
}

export const time = (instant) => seconds(instant).slice(0, 5);
export const seconds = (instant) => hourOf.format(new Date(instant * 1000));
/** A time of day, with its day where that is another one than `now`'s. */
export const moment = (instant, now) =>
  (day(instant) === day(now) ? time(instant) : `${day(instant)}, ${time(instant)}`);
export const day = (instant) => dayOf.format(new Date(instant * 1000));
