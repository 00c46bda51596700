// Where the page of a thing is that a search found.
import type { FoundThing } from "./types";

/** Address of the page of a thing, for `Link` and `navigate`; a term opens the list narrowed to it. */
export function placeOf(found: FoundThing) {
  const [list, code] = found.id.split("#");
  switch (found.kind) {
    case "dataset":
      return { to: "/data/$name", params: { name: found.id } } as const;
    case "column":
      return { to: "/data/$name", params: { name: found.parent ?? found.id }, search: { tab: "columns" } } as const;
    case "component":
      return { to: "/components/$id", params: { id: found.id } } as const;
    case "firm":
      return { to: "/firms/$id", params: { id: found.id } } as const;
    case "standard":
      return { to: "/data/$name", params: { name: found.parent ?? found.id } } as const;
    case "code":
      if (list === "gbt4754") return { to: "/firms", search: { industry: code } } as const;
      return { to: "/firms", search: { region: code } } as const;
    case "term":
      return { to: "/terms", search: { text: typeof found.title === "string" ? found.title : found.title.zh } } as const;
  }
}
