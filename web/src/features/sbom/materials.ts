// The bill of materials as the page reads it: CycloneDX 1.6, the parts of it that the node writes.

export interface BomComponent {
  "bom-ref": string;
  name: string;
  version: string;
  scope: "required" | "optional" | "excluded";
  licenses: { expression?: string; license?: { id?: string; name?: string } }[];
  hashes?: { alg: string; content: string }[];
  purl: string;
}

export interface Bom {
  bomFormat: string;
  specVersion: string;
  metadata: { component: { name: string; version: string } };
  components: BomComponent[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** One line of the page. */
export interface Material {
  ref: string;
  name: string;
  version: string;
  ecosystem: "cargo" | "npm";
  licence: string;
  shipped: boolean;
  digest: string;
  /** Direct users, by name and version. */
  usedBy: string[];
}

export function licenceOf(component: BomComponent): string {
  const words = component.licenses.map((l) => l.expression ?? l.license?.id ?? l.license?.name ?? "");
  return words.filter((word) => word !== "").join(" AND ");
}

/** Components as lines, each with who uses it directly. */
export function materials(bom: Bom): Material[] {
  const short = (ref: string) => decodeURIComponent(ref.replace(/^pkg:(cargo|npm)\//, ""));
  const users = new Map<string, string[]>();
  for (const { ref, dependsOn } of bom.dependencies) {
    for (const on of dependsOn ?? []) users.set(on, [...(users.get(on) ?? []), short(ref)]);
  }
  return bom.components.map((component) => ({
    ref: component["bom-ref"],
    name: component.name,
    version: component.version,
    ecosystem: component.purl.startsWith("pkg:npm/") ? "npm" : "cargo",
    licence: licenceOf(component),
    shipped: component.scope !== "excluded",
    digest: component.hashes?.map((hash) => `${hash.alg}:${hash.content}`).join(" ") ?? "",
    usedBy: users.get(component["bom-ref"]) ?? [],
  }));
}

export interface LicenceCount {
  licence: string;
  shipped: number;
  all: number;
}

/** How many components are under each licence, the most frequent first. */
export function licenceCounts(lines: Material[]): LicenceCount[] {
  const counts = new Map<string, LicenceCount>();
  for (const { licence, shipped } of lines) {
    const count = counts.get(licence) ?? { licence, shipped: 0, all: 0 };
    counts.set(licence, { licence, shipped: count.shipped + (shipped ? 1 : 0), all: count.all + 1 });
  }
  return [...counts.values()].sort((a, b) => b.all - a.all || a.licence.localeCompare(b.licence));
}

/** Lines that have every word of the search in name, version, licence or users. */
export function search(lines: Material[], words: string): Material[] {
  const wanted = words.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const text = (line: Material) => `${line.name} ${line.version} ${line.licence} ${line.ecosystem} ${line.usedBy.join(" ")}`.toLowerCase();
  return wanted.length === 0 ? lines : lines.filter((line) => wanted.every((word) => text(line).includes(word)));
}
