/**
 * Shows news of the mail while the page is open. After the last news it stops listening, because otherwise it would reconnect. If the
 * sign-in was finished in another tab, this one continues too. If the mail was refused, the page for correcting the address opens, unless
 * a code is being typed.
 */
export const deliveryNewsScript = `const place = document.querySelector("#delivery");
if (place?.dataset.news) {
  const source = new EventSource(place.dataset.news);
  const show = ({ data }) => {
    if (place.textContent !== data) place.textContent = data;
  };
  source.addEventListener("news", show);
  const end = (event) => {
    show(event);
    place.classList.toggle("wrong", event.type === "refused");
    source.close();
  };
  source.addEventListener("finished", () => {
    source.close();
    location.replace(location.pathname);
  });
  source.addEventListener("last", end);
  source.addEventListener("refused", (event) => {
    end(event);
    if (!document.querySelector("#code")?.value) location.replace(location.pathname);
  });
}
`;
