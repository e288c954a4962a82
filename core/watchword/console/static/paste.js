// Sends what was pasted without leaving the page: after a refusal the text is still there to be corrected.
"use strict";

const form = document.getElementById("paste");
const problem = document.getElementById("problem");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch(location.href, { method: "POST", body: new FormData(form) });
    if (response.redirected) {
      location.assign(response.url);
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.ok) {
      document.getElementById("main").replaceChildren(...page.getElementById("main").childNodes);
      return;
    }
    problem.textContent = page.querySelector("[role=alert]").textContent;
  } catch {
    problem.textContent = "The console can't be reached. Nothing was saved.";
  } finally {
    button.disabled = false;
  }
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
});
