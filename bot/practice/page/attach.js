// What a phone sends besides text: a file from the disk, or something made up.

import { make } from "./dom.js";

const LARGEST = 5_000_000;
const MADE_UP = {
  photo: "A photo",
  voice: "A voice message",
  sticker: "A sticker",
  contact: "A contact",
  location: "A location",
};

/** Fill the list of what this phone can send, and call `done` once something was chosen. */
export function offerAttachments(phone, done) {
  const disk = phone.find(".disk");
  disk.addEventListener("change", async () => {
    const [file] = disk.files;
    if (file) await sendFile(phone, file);
    // The same file may be chosen again once it was mended.
    disk.value = "";
  });
  phone.find(".offer").append(
    choice("A file …", done, () => disk.click()),
    ...Object.entries(MADE_UP).map(([kind, name]) =>
      choice(name, done, () => {
        phone.toEnd();
        phone.act("send", { kind });
      })));
}

function choice(name, done, send) {
  const button = make("button", { type: "button" }, name);
  button.addEventListener("click", () => {
    done();
    send();
  });
  return make("li", {}, button);
}

async function sendFile(phone, file) {
  if (file.size > LARGEST) {
    phone.toast(`${file.name} is too large to be sent here.`, true);
    return;
  }
  phone.toEnd();
  await phone.act("send_document", { name: file.name, content: await inBase64(file) });
}

async function inBase64(file) {
  const reader = new FileReader();
  const read = new Promise((resolve) => reader.addEventListener("load", resolve, { once: true }));
  reader.readAsDataURL(file);
  await read;
  return reader.result.slice(reader.result.indexOf(",") + 1);
}
