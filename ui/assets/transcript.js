// Shows the conversation: value = {number, lang, labels, bubbles: [{key, html}], address?, unsent?}. An answer with a smaller
// number than the one that is shown came late and is passed over. Runs inside Gradio's HTML component, which
// gives `element`, `trigger`, `props` and `watch`. Only nodes whose html changed are touched, so nothing flickers and
// the keyboard's place is kept. The html comes escaped from the server (ui/markup.py).
const log = element.querySelector(".transcript");
const pill = element.querySelector(".to-newest");
const known = new Map();
let title = document.title;
let newest = 0;

// Whether the page scrolls along; a reader who scrolls away is left alone until they come back or write.
let follow = true;

// The end of the conversation, but never so far down that the customer's own last words leave the view.
function place() {
  const own = [...log.querySelectorAll(".bubble.customer")].pop();
  const bottom = log.scrollHeight - log.clientHeight;
  const last = own && own.parentElement;
  return last && !last.nextSibling?.nextSibling ? Math.min(bottom, last.offsetTop - 12) : bottom;
}

const atEnd = () => log.scrollTop >= place() - 80;

function toEnd(smooth) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  log.scrollTo({ top: place(), behavior: smooth && !calm ? "smooth" : "auto" });
  follow = true;
  pill.hidden = true;
}

function localTimes(node, lang) {
  for (const time of node.querySelectorAll("header time[datetime]")) {
    const at = new Date(time.dateTime);
    const today = new Date().toDateString() === at.toDateString();
    const clock = { hour: "2-digit", minute: "2-digit" };
    time.textContent = at.toLocaleString(lang, today ? clock : { ...clock, day: "numeric", month: "short" });
  }
}

// Words that were not taken go back into their box, before what was written there meanwhile.
function giveBack(words) {
  const box = document.querySelector("#message textarea");
  if (!box) return;
  box.value = box.value ? `${words}\n${box.value}` : words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function show() {
  const value = props.value;
  if (!value || !value.bubbles || value.number < newest) return;
  if (value.unsent && value.number > newest) giveBack(value.unsent);
  newest = value.number || newest;
  document.documentElement.lang = value.lang;
  if (value.address && location.search !== value.address) history.replaceState(null, "", value.address);
  title = value.labels.title;
  document.title = title;
  log.setAttribute("aria-label", value.labels.transcript);
  pill.textContent = value.labels.to_newest;
  const first = known.size === 0;
  let spoke = false, news = false;
  const keys = new Set(value.bubbles.map((bubble) => bubble.key));
  for (const [key, one] of known) if (!keys.has(key)) { one.node.remove(); known.delete(key); }
  let before = null;
  for (const bubble of value.bubbles) {
    let one = known.get(bubble.key);
    if (!one) {
      one = { node: document.createElement("div"), html: "" };
      one.node.className = first ? "turn" : "turn fresh";
      known.set(bubble.key, one);
      if (!first) { news = true; spoke = spoke || bubble.html.includes('class="bubble customer'); }
    }
    if (one.html !== bubble.html) {
      const held = one.node.contains(document.activeElement) && document.activeElement.dataset.say;
      const opened = [...one.node.querySelectorAll("details[open]")].map((part) => part.dataset.keep);
      one.node.innerHTML = bubble.html;
      for (const part of one.node.querySelectorAll("details")) part.open = opened.includes(part.dataset.keep);
      one.html = bubble.html;
      localTimes(one.node, value.lang);
      if (held) one.node.querySelector(`[data-say="${CSS.escape(held)}"]:not(:disabled)`)?.focus();
    }
    const next = before ? before.nextSibling : log.firstChild;
    if (next !== one.node) log.insertBefore(one.node, next);
    before = one.node;
  }
  if (spoke || follow || first) toEnd(news && !first); else if (news) pill.hidden = false;
  if (news && !spoke && document.hidden) document.title = `● ${value.labels.new_message} · ${title}`;
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) document.title = title; });
// Only what the reader does tells that they left or came back: scrolling of our own fires the same scroll events.
for (const act of ["wheel", "touchmove", "keyup", "pointerup"]) {
  log.addEventListener(act, () => setTimeout(() => { follow = atEnd(); if (follow) pill.hidden = true; }, 200), { passive: true });
}
pill.addEventListener("click", () => { toEnd(true); log.focus(); });
log.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-say]");
  if (button && !button.disabled) trigger("say", { say: button.dataset.say });
});
watch("value", show);
show();
