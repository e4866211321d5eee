// What a page gains when scripts run: no reload, keys, the next joke fetched ahead. Without it every page works the same.
"use strict";
(() => {
  const live = document.getElementById("live");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const ahead = new Map(); // address -> promise of a page, fetched before it is asked for
  const past = []; // the <main> of each step in this tab's history, so that going back shows what was there
  const run = Date.now(); // steps of before a reload are not in `past`
  let here = 0;
  let busy = false;

  const main = () => document.getElementById("main");

  async function load(url, options) {
    const answer = await fetch(url, { ...options, headers: { accept: "text/html" }, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("main")) throw new Error("not a page of ours");
    return { url: answer.url, ok: answer.ok, title: page.title, main: document.adoptNode(page.getElementById("main")) };
  }

  function show(next, title) {
    const swap = () => {
      main().replaceWith(next);
      // Made anew as well: an old one that lies elsewhere under a new page counts as a layout shift.
      const footer = document.querySelector("body > footer");
      footer.replaceWith(footer.cloneNode(true));
      document.title = title;
      settle();
    };
    if (document.startViewTransition && !calm.matches) {
      const transition = document.startViewTransition(swap);
      transition.ready.catch(() => {}); // a quick player goes on before it has begun: then it is skipped
      return transition.updateCallbackDone;
    }
    swap();
  }

  async function go(page) {
    past[here] = { main: main(), title: document.title };
    past.length = ++here;
    history.pushState({ run, step: here }, "", page.url);
    await show(page.main, page.title);
    scrollTo(0, 0);
    arrive();
  }

  // For whoever does not see the page change: the verdict is spoken, and focus is on what comes next.
  function arrive() {
    const said = main().querySelector("[data-announce]");
    live.textContent = said ? said.textContent.replace(/\s+/g, " ").trim() : "";
    const target = (said && main().querySelector("[data-next]")) || main().querySelector("h1[tabindex]") || main();
    target.focus({ preventScroll: true });
  }

  // Once for each <main> that comes onto the page.
  function settle() {
    const page = main();
    if (page.dataset.settled) return;
    page.dataset.settled = "yes";
    keysShown();
    const next = page.querySelector("[data-next]");
    if (next && page.querySelector(".verdict") && !navigator.connection?.saveData) {
      ahead.clear();
      ahead.set(next.href, load(next.href).catch(() => null));
    }
  }

  // WCAG 2.1.4: keys of one character can be turned off. Kept in this tab alone.
  function keysOff() {
    try {
      return sessionStorage.getItem("keys") === "off";
    } catch {
      return false;
    }
  }
  function keysShown() {
    for (const button of main().querySelectorAll("[data-keys]")) {
      button.textContent = keysOff() ? button.dataset.off : button.dataset.on;
      button.setAttribute("aria-pressed", String(!keysOff()));
    }
  }

  async function step(work, otherwise) {
    if (busy) return;
    busy = true;
    main().setAttribute("aria-busy", "true");
    try {
      await go(await work());
    } catch {
      otherwise(); // no network, or not our page: as the browser does it
    } finally {
      busy = false;
      main().removeAttribute("aria-busy");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("main form[method=post]")) return;
    event.preventDefault();
    const chosen = event.submitter;
    const body = new URLSearchParams(new FormData(form));
    if (chosen?.name) body.set(chosen.name, chosen.value);
    step(
      () => load(form.action, { method: "POST", body }),
      () => {
        if (chosen?.name) {
          const field = Object.assign(document.createElement("input"), { type: "hidden", name: chosen.name });
          field.value = chosen.value;
          form.append(field);
        }
        form.submit();
      },
    );
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest("a, button");
    if (!target || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (target.matches("[data-keys]")) {
      try {
        sessionStorage.setItem("keys", keysOff() ? "on" : "off");
      } catch { /* then it holds for no longer than this */ }
      keysShown();
    } else if (target.matches("[data-copy]")) {
      copy(target);
    } else if (target.matches("[data-next]")) {
      event.preventDefault();
      step(
        async () => {
          const page = await ahead.get(target.href);
          ahead.delete(target.href);
          return page?.ok ? page : load(target.href);
        },
        () => location.assign(target.href),
      );
    }
  });

  async function copy(button) {
    const text = main().querySelector("textarea[readonly]");
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      document.execCommand("copy"); // where there is no clipboard: a page that came without TLS
    }
    button.textContent = live.textContent = text.dataset.copied;
  }

  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, summary, [contenteditable]")) return;
    if (event.key === "Enter" && !event.target.closest("a, button")) {
      main().querySelector("[data-next]")?.click();
    } else if (/^[1-9]$/.test(event.key) && !keysOff()) {
      main().querySelectorAll(".choices button")[event.key - 1]?.click();
    }
  });

  addEventListener("popstate", async (event) => {
    if (!event.state) return history.replaceState({ run, step: here }, ""); // a link within the page, as the first is
    if (event.state.run === run && event.state.step === here) return;
    const known = event.state.run === run && past[event.state.step];
    if (!known) return location.reload();
    past[here] = { main: main(), title: document.title };
    here = event.state.step;
    await show(known.main, known.title);
    arrive();
  });

  history.replaceState({ run, step: 0 }, "");
  settle();
})();
