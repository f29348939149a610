// The only script: every page works without it. It saves drafts, follows a running dispatch, and spares clicks.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function dress(root = document) {
  all("[data-hide]", root).forEach((element) => { element.hidden = true; });
  all("select[data-submit]", root).forEach((field) => field.addEventListener("change", () => field.form.requestSubmit()));
  all("[data-countdown]", root).forEach(countDown);
}

// A second click on a confirming button is not a second wish. The server would notice too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});

function countDown(element) {
  const end = Date.now() + Number(element.dataset.countdown) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    element.textContent = String(left);
    if (left > 0 && element.isConnected) setTimeout(tick, 250);
  };
  tick();
}

// Put new markup in place, keep the focus where it was. Snapshots are whole, so a lost one does not matter.
function replace(holder, markup) {
  if (holder.dataset.shown === markup) return;
  const focused = holder.contains(document.activeElement) ? document.activeElement.getAttribute("data-key") : null;
  const open = all("details[open][data-key]", holder).map((element) => element.dataset.key);
  holder.innerHTML = markup;
  holder.dataset.shown = markup;
  dress(holder);
  open.forEach((key) => holder.querySelector(`details[data-key="${CSS.escape(key)}"]`)?.setAttribute("open", ""));
  if (focused) holder.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function follow(page) {
  const card = page.querySelector("[data-card]");
  const actions = page.querySelector("[data-actions]");
  const speaker = page.querySelector("[data-speaker]");
  let said = 0;
  let last = "";
  const source = new EventSource(page.dataset.events);
  source.onmessage = (event) => {
    const snapshot = JSON.parse(event.data);
    document.title = snapshot.title;
    replace(card, snapshot.card);
    replace(actions, snapshot.actions);
    document.querySelector("[data-movable]")?.toggleAttribute("hidden", !snapshot.movable);
    const now = Date.now();
    if (snapshot.say !== last && (now - said > 10000 || snapshot.done || snapshot.step !== Number(speaker.dataset.step))) {
      speaker.textContent = snapshot.say;
      speaker.dataset.step = snapshot.step;
      said = now;
      last = snapshot.say;
    }
    if (snapshot.done) source.close();
  };
}

// The parts of a saved letter's page: what was read, and the file of signatories, which is left alone while it is the same.
function renew(markup) {
  const fresh = document.createElement("template");
  fresh.innerHTML = markup;
  all("[data-part]", fresh.content).forEach((part) => {
    const holder = document.querySelector(`[data-part="${part.dataset.part}"]`);
    if (part.dataset.mark && part.dataset.mark === holder.dataset.mark) return;
    const [file, typed] = ["[name=names]", "[name=pasted]"].map((field) => holder.querySelector(field));
    replace(holder, part.innerHTML);
    holder.dataset.mark = part.dataset.mark ?? "";
    const [newFile, newTyped] = ["[name=names]", "[name=pasted]"].map((field) => holder.querySelector(field));
    if (newFile && file?.files.length) newFile.files = file.files;
    if (newTyped && typed && typed.value !== typed.defaultValue) newTyped.value = typed.value;
  });
}

function keep(form) {
  const area = form.querySelector("textarea");
  const state = document.querySelector("[data-save-state]");
  const frame = document.querySelector("[data-frame]");
  let saved = "unsaved" in area.dataset ? null : area.value;
  let timer = 0;
  let busy = false;
  let stopped = "held" in form.dataset;
  let pressed = null;
  const others = () => [...form.elements].filter((field) => field !== area);
  const dirty = () => area.value !== saved || others().some((field) =>
    field.type === "file" ? field.files.length : field.type === "textarea" && field.value !== field.defaultValue);
  function stop(message) {
    stopped = true;
    state.textContent = message;
  }
  async function save() {
    if (busy || stopped || area.value === saved) return;
    busy = true;
    const text = area.value;
    const typed = new FormData(form);
    ["names", "pasted"].forEach((field) => typed.delete(field));
    state.textContent = state.dataset.saving;
    try {
      const answer = await fetch(form.action, { method: "POST", body: typed, headers: { "x-fragment": "1" } });
      const said = await answer.text();
      if (answer.ok) {
        saved = text;
        const version = answer.headers.get("x-version");
        all("input[name=version]").forEach((field) => { field.value = version; });
        renew(said);
        frame.src = `${frame.dataset.frame}?v=${version}`;
        state.textContent = state.dataset.saved;
      } else if (answer.status === 401) stop(state.dataset.over);
      else if (answer.status === 404) stop(state.dataset.gone);
      else if (answer.status === 409) stop(state.dataset.conflict);
      else state.textContent = answer.status === 422 ? said : state.dataset.failed;
    } catch {
      state.textContent = state.dataset.failed;
    }
    busy = false;
    if (pressed) form.requestSubmit(pressed);
    else if (!stopped && area.value !== saved) timer = setTimeout(save, area.value === text ? 15000 : 3000);
  }
  // A button that is pressed while a save is on its way waits for it, or the two would look like two people.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    pressed = busy ? event.submitter : null;
    if (busy) event.preventDefault();
  });
  area.addEventListener("input", () => {
    if (!stopped) state.textContent = state.dataset.unsaved;
    clearTimeout(timer);
    timer = setTimeout(save, 1200);
  });
  addEventListener("beforeunload", (event) => { if (dirty() && !form.dataset.sent) event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); save(); }
  });
  if (saved === null) state.textContent = state.dataset.unsaved;
}

function showLine(area, line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  area.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(area).lineHeight));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  const area = document.querySelector("textarea.letter");
  if (!link || !area) return;
  event.preventDefault();
  showLine(area, Number(link.dataset.line));
});

// Arrows step through the people only while the stepper has the focus.
document.addEventListener("keydown", (event) => {
  const stepper = event.target.closest?.("[data-stepper]");
  const goal = stepper && { ArrowLeft: "[rel=prev]", ArrowRight: "[rel=next]" }[event.key];
  if (goal && event.target.tagName !== "INPUT") stepper.querySelector(goal)?.click();
});

dress();
all("[data-events]").forEach(follow);
all("form[data-keep]").forEach(keep);
const asked = document.querySelector("textarea[data-goto]");
if (asked) showLine(asked, Number(asked.dataset.goto));
