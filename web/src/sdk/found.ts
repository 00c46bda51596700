// Where the page of a thing is that a search found.
import type { FoundThing } from "./types";

const part = encodeURIComponent;

/** Address of the page of a thing; a code opens the firms it narrows down to, a term the list narrowed to it. */
export function placeOf(found: Pick<FoundThing, "kind" | "id" | "parent" | "title">): string {
  const [list, code = ""] = found.id.split("#");
  switch (found.kind) {
    case "dataset":
      return `/data/${part(found.id)}`;
    case "column":
      return `/data/${part(found.parent ?? found.id)}?tab=columns`;
    case "component":
      return `/components/${part(found.id)}`;
    case "firm":
      return `/firms/${part(found.id)}`;
    case "standard":
      return `/data/${part(found.parent ?? found.id)}`;
    case "code":
      return list === "gbt4754" ? `/firms?industry=${part(code)}` : `/firms?region=${part(code)}`;
    case "term":
      return `/terms?text=${part(found.title.zh)}`;
  }
}
