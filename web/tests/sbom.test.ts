import { describe, expect, it } from "vitest";
import { licenceCounts, materials, search, type Bom } from "../src/features/sbom/materials";

const bom: Bom = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  metadata: { component: { name: "brain", version: "0.1.0" } },
  components: [
    { "bom-ref": "pkg:cargo/a@1.0.0", name: "a", version: "1.0.0", scope: "required", licenses: [{ expression: "MIT OR Apache-2.0" }], hashes: [{ alg: "SHA-256", content: "ab" }], purl: "pkg:cargo/a@1.0.0" },
    { "bom-ref": "pkg:npm/%40x/b@2.0.0", name: "@x/b", version: "2.0.0", scope: "optional", licenses: [{ license: { id: "MIT" } }], purl: "pkg:npm/%40x/b@2.0.0" },
    { "bom-ref": "pkg:cargo/t@3.0.0", name: "t", version: "3.0.0", scope: "excluded", licenses: [{ expression: "MIT" }], purl: "pkg:cargo/t@3.0.0" },
  ],
  dependencies: [{ ref: "pkg:npm/%40x/b@2.0.0", dependsOn: ["pkg:cargo/a@1.0.0"] }, { ref: "pkg:cargo/a@1.0.0" }],
};

describe("the bill of materials", () => {
  const lines = materials(bom);

  it("says of each component who uses it and whether it is shipped", () => {
    expect(lines.map((l) => [l.name, l.ecosystem, l.licence, l.shipped, l.digest, l.usedBy.join()])).toEqual([
      ["a", "cargo", "MIT OR Apache-2.0", true, "SHA-256:ab", "@x/b@2.0.0"],
      ["@x/b", "npm", "MIT", true, "", ""],
      ["t", "cargo", "MIT", false, "", ""],
    ]);
  });

  it("counts licences, the most frequent first", () => {
    expect(licenceCounts(lines)).toEqual([
      { licence: "MIT", shipped: 1, all: 2 },
      { licence: "MIT OR Apache-2.0", shipped: 1, all: 1 },
    ]);
  });

  it("finds by every word, wherever it stands", () => {
    expect(search(lines, "mit npm").map((l) => l.name)).toEqual(["@x/b"]);
    expect(search(lines, "a 1.0")).toHaveLength(1);
    expect(search(lines, "  ")).toHaveLength(3);
  });
});
