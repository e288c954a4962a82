// Checks a form while it is filled in, and validates and saves it without leaving the page.
"use strict";

const PAUSE = 400; // milliseconds without typing before the form is checked

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

for (const button of document.querySelectorAll(".more")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const row = button.previousElementSibling.cloneNode(true);
    for (const input of row.querySelectorAll("input")) {
      input.value = "";
      input.placeholder = input.getAttribute("aria-label").toLowerCase();
    }
    button.before(row);
    row.querySelector("input").focus();
  });
}

const form = document.getElementById("builder");

if (form) {
  const outcome = document.getElementById("outcome");
  const touched = new Set();
  let timer = 0;
  let latest = 0;

  const send = (action) => {
    const body = new FormData(form);
    body.set("action", action);
    return fetch(location.href, { method: "POST", body, headers: { "X-Requested-With": "watchword" } });
  };

  const paragraph = (remark) => {
    const note = document.createElement("p");
    note.className = `remark ${remark.severity}`;
    note.textContent = `${remark.message} ${remark.advice}`.trim();
    return note;
  };

  const show = (byField, all) => {
    for (const field of form.querySelectorAll(".field[data-field]")) {
      const name = field.dataset.field;
      // What is still empty isn't complained about before the person has been there.
      const remarks = (byField[name] || []).filter((each) => all || touched.has(name) || each.code !== "missing_field");
      field.querySelector(".remarks").replaceChildren(...remarks.map(paragraph));
      for (const input of field.querySelectorAll("input, select, textarea")) {
        const isWrong = remarks.some((each) => each.severity === "error");
        if (isWrong) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
    document.getElementById("others").replaceChildren(...(byField[""] || []).map(paragraph));
  };

  const check = async (all = false) => {
    const number = ++latest;
    const response = await send("check");
    if (response.ok && number === latest) show(await response.json(), all);
  };

  const touch = (input) => {
    const field = input.closest(".field[data-field]");
    if (field) touched.add(field.dataset.field);
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  };

  form.addEventListener("input", (event) => {
    outcome.replaceChildren();
    touch(event.target);
  });

  // What was typed before this script was loaded, or comes back with the browser's history.
  for (const input of form.querySelectorAll("input, textarea")) {
    if (input.value !== input.defaultValue) touch(input);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    const action = event.submitter ? event.submitter.value : "validate";
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    outcome.textContent = action === "validate" ? "Calling the API …" : "Saving …";
    try {
      const response = await send(action);
      if (response.headers.get("Content-Type").startsWith("application/json")) {
        location.assign((await response.json()).location);
        return;
      }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      // A refusal is a whole page, and its words are in its main part.
      const part = page.querySelector("main") || page.body;
      outcome.replaceChildren(...part.childNodes);
      await check(true);
    } catch {
      outcome.textContent = "The console can't be reached. Nothing was saved.";
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  });
}
