// Sends a picture for a person to see: value = {labels, address?}; without an address nobody may send any. The picture is
// shown and explained first. It is made smaller and drawn anew in the browser where that works, so that what the camera
// wrote into it does not leave the machine; the server does the same again and trusts none of it.
const button = element.querySelector(".attach"), file = element.querySelector("input"), panel = element.querySelector(".attach-panel");
const [send, cancel] = panel.querySelectorAll("button");
const preview = panel.querySelector("img"), told = panel.querySelector(".told"), problem = panel.querySelector(".problem");
const LARGEST = 2048;
let chosen = null;

function labelled() {
  const value = props.value;
  if (!value || !value.labels) return;
  const labels = value.labels;
  button.hidden = !value.address;
  button.title = labels.attach;
  button.setAttribute("aria-label", labels.attach);
  file.setAttribute("aria-label", labels.attach);
  panel.setAttribute("aria-label", labels.attach);
  preview.alt = labels.preview;
  told.textContent = labels.says;
  send.textContent = labels.send;
  cancel.textContent = labels.cancel;
}

function close() {
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.removeAttribute("src");
  chosen = null;
  file.value = "";
  panel.hidden = true;
  button.focus();
}

async function smaller(picture) {
  try {
    const bitmap = await createImageBitmap(picture, { imageOrientation: "from-image" });
    const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const drawing = canvas.getContext("2d");
    drawing.fillStyle = "#fff";
    drawing.fillRect(0, 0, canvas.width, canvas.height);
    drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob((blob) => done(blob || picture), "image/jpeg", 0.88));
  } catch {
    return picture;
  }
}

button.addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  chosen = file.files[0] || null;
  if (!chosen) return;
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(chosen);
  problem.textContent = "";
  send.disabled = false;
  panel.hidden = false;
  send.focus();
});
preview.addEventListener("error", () => { if (chosen) { problem.textContent = props.value.labels.kind; send.disabled = true; } });
cancel.addEventListener("click", close);
panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
send.addEventListener("click", async () => {
  const labels = props.value.labels;
  send.disabled = true;
  problem.textContent = "";
  let status = 0;
  try {
    const body = await smaller(chosen);
    status = (await fetch(props.value.address, { method: "POST", body, headers: { "content-type": "application/octet-stream" } })).status;
  } catch { status = 0; }
  send.disabled = false;
  if (status === 204) {
    close();
    trigger("sent", {});
    return;
  }
  problem.textContent = { 413: labels.too_large, 415: labels.kind, 429: labels.too_many }[status] || labels.failed;
});
watch("value", labelled);
labelled();
