// Filters and sorts the list of connections in the page.
"use strict";

const table = document.getElementById("connections");
const filter = document.getElementById("filter");
const count = document.getElementById("count");

if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));

  filter.parentElement.hidden = false;
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = shown === rows.length ? `${shown} connections` : `${shown} of ${rows.length} connections`;
  });

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    if (!("sort" in cell.dataset)) return cell.textContent.trim().toLowerCase();
    // What has no end stands last.
    return cell.dataset.sort === "" ? Infinity : Number(cell.dataset.sort);
  };

  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      const order = (a, b) => {
        const [left, right] = [keyOf(a.row, column), keyOf(b.row, column)];
        return typeof left === "string" ? left.localeCompare(right) : left === right ? 0 : left - right;
      };
      body.append(...rows.sort((a, b) => direction * order(a, b)).map(({ row }) => row));
    });
  });
}
