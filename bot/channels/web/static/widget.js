"use strict";
/* Puts the chat on another site: <script src="https://…/static/widget.js" data-label="Tomoni" defer></script> */
(() => {
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const open = document.createElement("button");
  open.type = "button";
  open.textContent = script.dataset.label || "Tomoni · सहयोग · အကူအညီ · そうだん";
  open.setAttribute("aria-expanded", "false");
  const style = "position:fixed;right:1rem;bottom:1rem;z-index:2147483000;";
  open.style.cssText = style + "font:inherit;padding:.7rem 1rem;border:0;border-radius:2rem;background:#1f5f5b;color:#fff;cursor:pointer";
  let frame = null;
  open.addEventListener("click", () => {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.title = open.textContent;
      frame.src = origin + "/" + (script.dataset.start ? "?start=" + encodeURIComponent(script.dataset.start) : "");
      frame.style.cssText = style + "bottom:4.5rem;width:min(24rem,calc(100vw - 2rem));height:min(38rem,calc(100dvh - 6rem));border:1px solid #cfcabf;border-radius:.8rem;background:#f3f1ec";
      document.body.append(frame);
    } else {
      frame.hidden = !frame.hidden;
    }
    open.setAttribute("aria-expanded", String(!frame.hidden));
  });
  document.body.append(open);
})();
