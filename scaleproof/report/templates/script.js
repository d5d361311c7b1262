// Reads every plot of an endpoint at the time under the pointer. A page says all it has to say without it.
(() => {
  const tip = document.getElementById("tip");
  for (const plots of document.querySelectorAll(".plots")) {
    const start = new Date(plots.dataset.start), duration = Number(plots.dataset.duration);
    const zone = plots.dataset.start.slice(19).match(/[+-]\d\d:\d\d/)?.[0] ?? "+00:00";
    const offset = (zone[0] === "-" ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) * 60000;
    const canvases = [...plots.querySelectorAll(".canvas")];
    const hide = () => {
      tip.hidden = true;
      for (const canvas of canvases) canvas.querySelector(".cursor").hidden = true;
    };
    for (const canvas of canvases) {
      const source = canvas.parentElement.querySelector("script");
      const readings = source ? JSON.parse(source.textContent) : [];
      canvas.addEventListener("pointerleave", hide);
      canvas.addEventListener("pointermove", (event) => {
        const box = canvas.getBoundingClientRect();
        const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999999);
        for (const other of canvases) {
          const cursor = other.querySelector(".cursor");
          cursor.hidden = false;
          cursor.style.left = 100 * share + "%";
        }
        const at = new Date(start.getTime() + share * duration * 1000 + offset);
        const lines = readings.map(({ label, values }) => {
          const value = values[Math.floor(share * values.length)];
          return `${label}: ${value === null ? "no value" : value.toLocaleString("en")}`;
        });
        tip.textContent = [`${at.toUTCString().slice(0, 11)} ` + at.toISOString().slice(11, 19), ...lines].join("\n");
        tip.hidden = false;
        const right = event.clientX + 16 + tip.offsetWidth > innerWidth;
        tip.style.left = Math.max(4, right ? event.clientX - 16 - tip.offsetWidth : event.clientX + 16) + "px";
        tip.style.top = Math.max(4, Math.min(event.clientY + 12, innerHeight - tip.offsetHeight - 4)) + "px";
      });
    }
  }
})();
