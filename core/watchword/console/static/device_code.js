// Asks the console whether somebody has typed the code in, until it is done, refused or over.
"use strict";

const waiting = document.getElementById("device");
const answer = document.getElementById("outcome");
let pause = Number(waiting.dataset.interval);

const ask = async () => {
  const headers = { "X-Requested-With": "watchword" };
  try {
    const response = await fetch(waiting.action, { method: "POST", body: new FormData(waiting), headers });
    if (response.headers.get("Content-Type").startsWith("application/json")) {
      const reply = await response.json();
      if (reply.location) {
        location.assign(reply.location);
        return;
      }
      pause = reply.wait;
      answer.textContent = "Waiting for the sign-in …";
      setTimeout(ask, pause * 1000);
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    // A refusal is a whole page, and its words are in its main part.
    answer.replaceChildren(...(page.querySelector("main") || page.body).childNodes);
    waiting.hidden = true;
  } catch {
    answer.textContent = "The console can't be reached. It is asked again.";
    setTimeout(ask, pause * 1000);
  }
};

answer.textContent = "Waiting for the sign-in …";
setTimeout(ask, pause * 1000);
