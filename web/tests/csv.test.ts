// What leaves as CSV is what the node would write, and nothing in it runs.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cellText, csv, field } from "../src/sdk/csv";

const cases = JSON.parse(readFileSync("../crates/kernel/src/csv_cells.json", "utf8")) as { value: unknown; cell: string }[];

describe("csv", () => {
  it("writes every cell as the node does", () => {
    expect(cases.length).toBeGreaterThan(20);
    for (const { value, cell } of cases) expect(cellText(value)).toBe(cell);
  });

  it("quotes what any spreadsheet would take for the end of a cell", () => {
    expect(field("a;=1+1")).toBe('"a;=1+1"');
    expect(field("b\t=1+1")).toBe('"b\t=1+1"');
    expect(field('say "x"')).toBe('"say ""x"""');
  });

  it("defuses headers too", () => {
    expect(csv(["=cmd()"], [["x"]])).toBe("\uFEFF'=cmd()\r\nx\r\n");
  });
});
