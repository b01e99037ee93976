"use strict";
/* The chat page. What was said lives in this tab's sessionStorage alone: it survives a reload and goes with
   the tab. Messages not yet accepted by the server wait there too and are sent again. */
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const log = document.getElementById("log");
  const form = document.getElementById("form");
  const field = document.getElementById("text");
  const status = document.getElementById("status");
  const attach = document.getElementById("attach");
  const chosen = document.getElementById("file");
  // Once the person leaves, an answer still on its way must not write the conversation back into the tab.
  let left = false;
  const store = {
    get: (name, fallback) => {
      try { return JSON.parse(sessionStorage.getItem("tomoni." + name)) ?? fallback; } catch { return fallback; }
    },
    set: (name, value) => {
      if (left) return;
      try { sessionStorage.setItem("tomoni." + name, JSON.stringify(value)); } catch { /* a full or forbidden store: the page works without */ }
    },
  };
  const hex = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  let token = store.get("token", "");
  if (!/^[0-9a-f]{32}$/.test(token)) { token = hex(); store.set("token", token); }
  let history = store.get("history", []);
  let outbox = store.get("outbox", []);
  let language = store.get("language", document.documentElement.lang);
  let sending = false;
  const save = () => { store.set("history", history.slice(-200)); store.set("outbox", outbox); };
  const say = (name) => (words[language] ?? words.en)[name];

  function setLanguage(code) {
    if (!words[code]) return;
    language = code;
    store.set("language", code);
    document.documentElement.lang = code;
    for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
    field.placeholder = say("placeholder");
    log.setAttribute("aria-label", say("log"));
    attach.setAttribute("aria-label", say("attach"));
    attach.title = say("attach");
  }

  function showStatus(name) {
    status.hidden = !name;
    status.textContent = name ? say(name) : "";
  }

  function draw(item) {
    const li = document.createElement("li");
    li.className = "bubble " + (item.mine ? "mine" : "theirs");
    if (item.mine) {
      li.textContent = item.text;
      li.dir = "auto";
      li.classList.toggle("unsent", outbox.some((waiting) => waiting.id === item.id));
      li.dataset.id = item.id;
    } else {
      li.lang = item.language;
      li.innerHTML = item.html; // made and escaped by the server out of curated text
      li.classList.toggle("large", item.large);
    }
    if (item.file) li.append(drawFile(item.file));
    log.append(li);
    if (!item.mine && item.buttons.length) {
      const holder = document.createElement("li");
      holder.className = "buttons";
      holder.lang = item.language;
      for (const row of item.buttons) {
        const line = document.createElement("div");
        line.className = "row";
        for (const { label, data } of row) {
          const button = document.createElement("button");
          button.type = "button";
          button.textContent = label;
          button.dataset.data = data;
          line.append(button);
        }
        holder.append(line);
      }
      log.append(holder);
    }
    return li;
  }

  /* A file is fetched with the conversation's secret, which no address can carry: pictures at once, others to be
     saved when asked for. */
  function drawFile(file) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "file";
    button.textContent = "📎 " + file.name;
    const load = async () => {
      const response = await fetch("/chat/attachments/" + file.id, { headers: { "X-Conversation": token } });
      if (!response.ok) throw new Error(String(response.status));
      return URL.createObjectURL(await response.blob());
    };
    button.addEventListener("click", async () => {
      try {
        const link = document.createElement("a");
        link.href = await load();
        link.download = file.name;
        link.click();
      } catch { showStatus("file_gone"); }
    });
    if (file.inline) {
      load().then((address) => {
        const image = document.createElement("img");
        image.alt = file.name;
        image.src = address;
        button.replaceChildren(image);
      }).catch(() => { /* the name stays, and pressing it tells */ });
    }
    return button;
  }

  function add(item) {
    history.push(item);
    save();
    return draw(item);
  }

  function receive(replies) {
    const known = new Set(history.map((item) => item.id));
    let first = null;
    for (const reply of replies) {
      if (known.has(reply.id)) continue;
      const li = add(reply);
      first ??= li;
      setLanguage(reply.language);
    }
    first?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    return replies.map((reply) => reply.id);
  }

  async function post(path, body) {
    return fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Conversation": token },
      body: JSON.stringify(body),
    });
  }

  async function flush() {
    if (sending) return;
    sending = true;
    let pause = 1000;
    while (outbox.length) {
      const next = outbox[0];
      showStatus("waiting");
      let response = null;
      try { response = await post("/chat/messages", next); } catch { /* no network: wait and try again */ }
      if (response && response.ok) {
        const answer = await response.json();
        outbox.shift();
        document.querySelector(`[data-id="${next.id}"]`)?.classList.remove("unsent");
        const received = receive(answer.replies);
        save();
        showStatus("");
        if (received.length) post("/chat/replies", { received }).catch(() => {});
        if (answer.waiting) { showStatus("waiting"); fetchLater(8); }
        pause = 1000;
      } else if (response && response.status >= 400 && response.status < 500) {
        outbox.shift();
        save();
        showStatus("refused");
      } else {
        showStatus("retrying");
        await new Promise((done) => setTimeout(done, pause));
        pause = Math.min(pause * 2, 15000);
      }
    }
    sending = false;
  }

  async function fetchLater(tries) {
    if (outbox.length) return;
    if (!tries) { showStatus(""); return; }
    await new Promise((done) => setTimeout(done, 900));
    try {
      const response = await post("/chat/replies", { received: [] });
      if (response.ok) {
        const received = receive((await response.json()).replies);
        if (received.length) {
          showStatus("");
          await post("/chat/replies", { received });
          return;
        }
      }
    } catch { /* the next try or the next message asks again */ }
    fetchLater(tries - 1);
  }

  async function upload(file) {
    if (file.size > Number(document.body.dataset.mostBytes)) { showStatus("too_large"); return; }
    const id = hex();
    const li = add({ mine: true, id, text: "📎 " + file.name });
    li.classList.add("unsent");
    li.scrollIntoView({ block: "end" });
    showStatus("waiting");
    let response = null;
    try {
      response = await fetch("/chat/attachments", {
        method: "POST",
        headers: {
          "Content-Type": file.type || "application/octet-stream", "Accept-Language": language,
          "X-Conversation": token, "X-Message-Id": id, "X-File-Name": encodeURIComponent(file.name),
        },
        body: file,
      });
    } catch { /* told below */ }
    if (!response || !response.ok) {
      history = history.filter((item) => item.id !== id);
      save();
      li.remove();
      showStatus("file_failed");
      // What these say is written for the reader.
      if (response && (response.status === 413 || response.status === 415)) {
        status.textContent = (await response.json()).error;
      }
      return;
    }
    const answer = await response.json();
    showStatus("");
    li.classList.remove("unsent");
    const received = receive(answer.replies);
    if (received.length) post("/chat/replies", { received }).catch(() => {});
  }

  function send(kind, value, shown) {
    const id = hex();
    outbox.push({ id, kind, value });
    if (shown) {
      const li = add({ mine: true, id, text: shown });
      li.scrollIntoView({ block: "end" });
    }
    save();
    flush();
  }

  attach.addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", () => {
    const [file] = chosen.files;
    chosen.value = "";
    if (file) upload(file);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    field.style.height = "";
    send("text", text, text);
    field.focus();
  });
  field.addEventListener("keydown", (event) => {
    // An input method's own Enter (kana to kanji) must not send.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  field.addEventListener("input", () => {
    field.style.height = "auto";
    field.style.height = Math.min(field.scrollHeight, 144) + "px";
  });
  log.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-data]");
    if (button) send("press", button.dataset.data, button.textContent);
  });
  for (const button of document.querySelectorAll("button.language")) {
    button.addEventListener("click", () => {
      setLanguage(button.dataset.language);
      send("press", "l:" + button.dataset.language, button.textContent);
    });
  }
  document.getElementById("leave").addEventListener("click", (event) => {
    event.preventDefault();
    left = true;
    sessionStorage.clear();
    const { href } = event.currentTarget;
    // Without a connection the other page never comes; nothing must be left to see.
    document.body.replaceChildren();
    document.title = "";
    location.replace(href);
  });
  addEventListener("online", flush);

  for (const item of history) draw(item);
  setLanguage(language);
  if (history.length) {
    log.lastElementChild?.scrollIntoView({ block: "end" });
    post("/chat/replies", { received: [] }).then((r) => r.ok && r.json()).then((a) => {
      const received = a ? receive(a.replies) : [];
      if (received.length) post("/chat/replies", { received });
    }).catch(() => {});
    flush();
  } else {
    send("command", ("start " + document.body.dataset.start).trim(), "");
  }
})();
