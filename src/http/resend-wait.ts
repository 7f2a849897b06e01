/** Counts down until another code can be requested, and shows times in the reader's own time zone. Without this script the page says both in words. */
export const resendWaitScript = `const { lang } = document.documentElement;
for (const time of document.querySelectorAll("time[datetime]"))
  time.textContent = new Date(time.dateTime).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", numberingSystem: "latn" });
const left = document.querySelector("[data-left]");
if (left) {
  const words = (unit, count) => new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long", numberingSystem: "latn" }).format(count);
  const end = performance.now() + Number(left.dataset.left) * 1000;
  const sentence = left.closest("#resend-wait");
  const tick = () => {
    const seconds = Math.ceil((end - performance.now()) / 1000);
    sentence.removeAttribute("role");
    if (seconds > 0) {
      left.textContent = seconds > 60 ? words("minute", Math.ceil(seconds / 60)) : words("second", seconds);
      return;
    }
    clearInterval(timer);
    sentence.hidden = true;
    document.querySelector("button.waiting")?.classList.remove("waiting");
  };
  const timer = setInterval(tick, 1000);
}
`;
