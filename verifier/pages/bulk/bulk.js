// Keeps the page of a bulk check up to date while it runs; loads it again when there are verdicts to show.

const EVERY_MS = 1000;
const SLOWER_MS = 5000;

/**
 * What the API tells of a job.
 * @typedef {{state: string, done: number, total: number, verdicts: Record<string, number>}} Progress
 */

/**
 * Shows how far it is.
 * @param {HTMLElement} job
 * @param {Progress} told
 */
function show(job, told) {
  const said = (job.dataset.said ?? "").replace("{done}", String(told.done)).replace("{total}", String(told.total));
  const status = /** @type {HTMLElement} */ (job.querySelector("#job-said"));
  // Written only where it changes, so that a screen reader says it once.
  if (status.textContent !== said) status.textContent = said;
  const bar = /** @type {HTMLProgressElement} */ (job.querySelector("progress"));
  bar.max = Math.max(told.total, 1);
  bar.value = told.done;
  document.title = document.title.replace(/\(\d+\/\d+\)/, `(${told.done}/${told.total})`);
}

/**
 * Asks again and again until it is over. A lost network is no reason to stop.
 * @param {HTMLElement} job
 */
async function follow(job) {
  for (;;) {
    let wait = EVERY_MS;
    try {
      const answer = await fetch(job.dataset.url ?? "", { cache: "no-store" });
      if (answer.status === 404) break;
      if (!answer.ok) throw new Error(String(answer.status));
      const told = /** @type {Progress} */ (await answer.json());
      // Its heading says another thing now: waiting has become checking, or it is over.
      if (told.state !== job.dataset.state) break;
      show(job, told);
    } catch {
      wait = SLOWER_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  location.reload();
}

const job = document.getElementById("job");
if (job) follow(job);
