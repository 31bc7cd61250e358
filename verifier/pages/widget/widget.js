// <yinxin-verifier>: a certificate's verdict on somebody else's page. Always fetched afresh from the verifier, in a closed
// shadow without slots, so that the page around it has no say in its words; README.md says what that cannot prevent.
// Entry of the bundle static/widget.js, which loads nothing else.

import { askVerdict, cannotCheck } from "./asking.js";
import { draw } from "./drawing.js";
import { languageOf } from "./words.js";

const NAME = "yinxin-verifier";
const ATTRIBUTES = ["verifier", "code", "number", "lang"];
/** When somebody comes back to the page after so long, the verdict is asked for again, in milliseconds. */
const STALE_MS = 60_000;

class YinxinVerifier extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  #root = this.attachShadow({ mode: "closed" });
  #turn = 0;
  #askedAt = 0;
  #isWaiting = false;
  #comesBack = () => {
    if (document.visibilityState === "visible" && Date.now() - this.#askedAt > STALE_MS) this.#ask();
  };

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#comesBack);
    this.#ask();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#comesBack);
    this.#turn += 1;
  }

  attributeChangedCallback() {
    if (!this.isConnected || this.#isWaiting) return;
    // Several attributes that are set one after another are one question.
    this.#isWaiting = true;
    queueMicrotask(() => {
      this.#isWaiting = false;
      if (this.isConnected) this.#ask();
    });
  }

  async #ask() {
    const turn = ++this.#turn;
    this.#askedAt = Date.now();
    const language = languageOf(this.getAttribute("lang") ?? document.documentElement.lang);
    const question = {
      base: this.getAttribute("verifier") ?? new URL(import.meta.url).origin,
      code: this.getAttribute("code") ?? "",
      number: this.getAttribute("number") ?? "",
      language,
    };
    draw(this.#root, { question, answer: null });
    let answer;
    try {
      answer = await askVerdict(question);
    } catch (error) {
      // Whatever went wrong: that says nothing about the certificate, and is never VALID.
      console.info(`${NAME}: ${error}`);
      answer = cannotCheck(language);
    }
    // An answer to an older question, or to nobody any more, is not shown.
    if (turn === this.#turn) draw(this.#root, { question, answer });
  }
}

if (!customElements.get(NAME)) customElements.define(NAME, YinxinVerifier);
