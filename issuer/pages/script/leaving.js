// Keeps the caret where it is when a field is checked after it was left and its part is replaced.

export function answerToLeaving() {
  let focused = "";
  document.addEventListener("htmx:before:swap", () => {
    focused = document.activeElement?.id ?? "";
  });
  document.addEventListener("htmx:after:swap", () => {
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  });
}
