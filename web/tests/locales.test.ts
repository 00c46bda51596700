import { describe, expect, it } from "vitest";
import { en } from "../src/locales/en";
import { zh } from "../src/locales/zh-CN";

function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}

/** The code of the portal by file, without its comments and without the words themselves. */
const code = new Map(
  Object.entries(import.meta.glob<string>(["../src/**/*.{ts,tsx}", "!../src/locales/**", "!../src/sdk/api.gen.ts"], { query: "?raw", import: "default", eager: true })).map(
    ([file, text]) => [file.replace("../src/", ""), text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "")] as const,
  ),
);
const all = [...code.values()].join("\n");

/** What the code writes as a key: whole, or begun in words and ended by a value. */
const whole = new Set([...all.matchAll(/["'`](\w+(?:\.\w+)+)["'`]/g)].map((m) => m[1]));
const begun = [...new Set([...all.matchAll(/`(\w+\.[\w.]*)\$\{[^}]*\}(\w*)`/g)].map((m) => `${m[1]} ${m[2]}`))].map((pair) => pair.split(" ") as [string, string]);
/** Words that stand alone in the code, as names and values do. */
const alone = new Set([...all.matchAll(/["'`](\w+)["'`]|\b(\w+):/g)].map((m) => m[1] ?? m[2]));

function used(key: string): boolean {
  if (whole.has(key)) return true;
  return begun.some(([start, end]) => {
    if (!key.startsWith(start) || !key.endsWith(end) || key.length <= start.length + end.length) return false;
    // `matching.${verdict}` begins like every key of its page: the rest must be a word of the code.
    return start.split(".").length > 2 || KINDS.has(start) || alone.has(key.slice(start.length, key.length - end.length));
  });
}
/** Groups that are lists of names as the node gives them. */
const KINDS = new Set(["alarm.", "grade.", "role.", "side.", "stage.", "zone.", "dataSide."]);

const chinese = new Map(leaves(zh));
const english = new Map(leaves(en));

describe("the two languages", () => {
  it("have the same keys", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });
  it("leave no text empty", () => {
    for (const [key, value] of [...chinese, ...english]) expect(value.trim(), key).not.toBe("");
  });
  it("take the same placeholders", () => {
    const holes = (value: string | undefined) => [...(value ?? "").matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();
    for (const [key, value] of chinese) expect(holes(english.get(key)), key).toEqual(holes(value));
  });
  it("do not mix: English holds no Chinese but the name of the other language", () => {
    for (const [key, value] of english) {
      if (key !== "bar.toChinese") expect(value, key).not.toMatch(/[\u4e00-\u9fff]/);
    }
  });
  it("do not mix: Chinese is Chinese but for names and the name of the other language", () => {
    const names = new Set(["bar.toEnglish", "components.asJson", "connectors.kindOf.postgres", "connectors.kindOf.mysql", "corpora.builtBy"]);
    for (const [key, value] of chinese) if (!names.has(key)) expect(value, key).toMatch(/[\u4e00-\u9fff]/);
  });
  it("hold every word that is shown", () => {
    const asked = [...all.matchAll(/\bt\(\s*"([^"]+)"/g)].map((m) => m[1] ?? "");
    expect(asked.length).toBeGreaterThan(1000);
    expect(asked.filter((key) => !chinese.has(key))).toEqual([]);
  });
  it("hold no word that nothing shows", () => {
    expect([...chinese.keys()].filter((key) => !used(key))).toEqual([]);
  });
});

describe("the code", () => {
  it("holds no Chinese of its own but names of places, units of money, and what stands on a document", () => {
    const allowed = new Set(["sdk/regions.ts", "sdk/format.ts", "sdk/TileMap.tsx", "shell/Layout.tsx", "features/map/Import.tsx"]);
    const found = [...code].flatMap(([file, text]) => (allowed.has(file) ? [] : text.split("\n").filter((line) => /[\u4e00-\u9fff]/.test(line)).map((line) => `${file}: ${line.trim()}`)));
    expect(found).toEqual([]);
  });
  it("holds no English sentence or label of its own", () => {
    const names = new Set(["SQL", "ODRL", "ID", "SHA-256", "CC-BY-4.0", "GS(2024)0650号", "raw.policy: body, title", "subject.enterprise", "browse", "Authorization: Bearer …"]);
    const labels = /\b(?:aria-label|title|placeholder|label|alt|hint|description)(?:=|: )"([^"]*[A-Za-z]{2,}[^"]*)"/g;
    const inside = /<[a-z]\w*(?: [^<>{}]*)?>\s*([^<>{}=]*[A-Za-z]{3,}[^<>{}=]*?)\s*<\/[a-z]/g;
    const found = [...code].flatMap(([file, text]) => (file.endsWith(".tsx") ? [...text.matchAll(labels), ...text.matchAll(inside)].map((m) => [file, m[1] ?? ""] as const) : []));
    expect(found.filter(([, words]) => !names.has(words)).map((pair) => pair.join(": "))).toEqual([]);
  });
});
