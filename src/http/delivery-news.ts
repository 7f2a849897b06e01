/** Has the page say what becomes of the mail while it is open. After the last news it stops listening; else it would connect again. */
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
  source.addEventListener("last", end);
  source.addEventListener("refused", end);
}
`;
