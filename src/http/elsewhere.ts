/** On a page that cannot use the code: shows the one in the fragment of the mail's link, which no server sees, so that it can be entered elsewhere. */
export const elsewhereScript = `const place = document.querySelector("#elsewhere");
const show = () => {
  const code = /^#code=(\\d{6,12})$/.exec(location.hash);
  if (!code) return;
  place.querySelector("bdi").textContent = code[1];
  place.hidden = false;
};
const copy = place.querySelector("button");
copy.hidden = !navigator.clipboard;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(place.querySelector("bdi").textContent);
  copy.textContent = copy.dataset.done;
});
addEventListener("hashchange", show);
show();
`;
