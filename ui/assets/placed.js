// Shows what a look by the clock brings too: value = {html, of, number, again}. `of` is what is open (a conversation); a look
// for news of one that is open no longer (`again`), and an answer older than what stands there, change nothing.
// What is the same is not drawn again, so the reader's place, the keyboard's and what is marked are kept.
const place = element.querySelector(".placed");
let shown = { html: "", of: "", number: 0 };

function draw() {
  const value = props.value;
  if (!value || typeof value.html !== "string") return;
  const other = value.of !== shown.of;
  if (other ? value.again : value.number < shown.number) return;
  const changed = value.html !== shown.html;
  shown = value;
  if (!changed) return;
  const before = place.querySelector(".talk");
  const read = before && !other && before.scrollTop + before.clientHeight < before.scrollHeight - 8 ? before.scrollTop : null;
  const held = place.contains(document.activeElement) && document.activeElement.dataset.open;
  place.innerHTML = value.html;
  const talk = place.querySelector(".talk");
  if (talk) talk.scrollTop = read ?? talk.scrollHeight;
  if (held) place.querySelector(`[data-open="${CSS.escape(held)}"]`)?.focus();
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-open]");
  if (button && element.contains(button)) trigger("chosen", { open: button.dataset.open });
});
watch("value", draw);
draw();
