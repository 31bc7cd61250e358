// Takes a holder's link from behind #, where no server sees it, out of the address, and opens the page with it.
const token = location.hash.slice(1);
if (/^[A-Za-z0-9_-]{43}$/.test(token)) {
  history.replaceState(null, "", location.pathname);
  const form = document.getElementById("by-link");
  form.elements.link.value = token;
  form.submit();
}
