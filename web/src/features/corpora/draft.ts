// A definition as it is typed into the form: one dataset a line, `dataset: text column, title column`.
import type { CorpusDefinition, CorpusSource, DataSide, Grade } from "../../sdk/types";

export interface Draft {
  name: string;
  title: string;
  purpose: string;
  licence: string;
  grade: Grade;
  side: DataSide;
  sources: string;
  languages: ("zh" | "en" | "other")[];
  quality: boolean;
  near: boolean;
  jaccard: number;
  removePersonal: boolean;
  passages: boolean;
  passageCharacters: number;
  validation: number;
  test: number;
  reason: string;
}

export const EMPTY: Draft = {
  name: "", title: "", purpose: "", licence: "", grade: "general1", side: "public", sources: "", languages: ["zh", "en"], quality: true,
  near: true, jaccard: 0.8, removePersonal: true, passages: true, passageCharacters: 1000, validation: 0.05, test: 0.05, reason: "",
};

/** A line that names no dataset with a text column. */
export class DraftFault extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`line ${line}`);
    this.line = line;
  }
}

export function sourcesOf(text: string): CorpusSource[] {
  const sources: CorpusSource[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [dataset, columns, ...rest] = line.split(/[:：]/).map((part) => part.trim());
    const [body, title, ...more] = (columns ?? "").split(/[,，]/).map((part) => part.trim());
    if (!dataset || !body || rest.length > 0 || more.length > 0) throw new DraftFault(at + 1);
    sources.push({ dataset, text: body, title: title || null });
  }
  return sources;
}

/** The definition of a draft; parameters that the form does not show stay as they were. */
export function definitionOf(draft: Draft, before?: CorpusDefinition): CorpusDefinition {
  const old = before?.parameters;
  return {
    title: draft.title,
    purpose: draft.purpose,
    licence: draft.licence.trim(),
    grade: draft.grade,
    side: draft.side,
    sources: sourcesOf(draft.sources),
    parameters: {
      ...old,
      language: { ...old?.language, keep: draft.languages },
      quality: { ...old?.quality, enabled: draft.quality },
      duplicates: { ...old?.duplicates, near: draft.near, jaccard_min: draft.jaccard, family_jaccard_min: Math.min(old?.duplicates?.family_jaccard_min ?? 0.6, draft.jaccard) },
      remove_personal: draft.removePersonal,
      passages: { ...old?.passages, enabled: draft.passages, characters_max: draft.passageCharacters, overlap: Math.min(old?.passages?.overlap ?? 100, Math.floor(draft.passageCharacters / 2)) },
      splits: { ...old?.splits, validation: draft.validation, test: draft.test },
      // What is left out has the node's default; the generated types call such a field required.
    } as CorpusDefinition["parameters"],
  };
}

export function draftOf(name: string, definition: CorpusDefinition): Draft {
  const given = definition.parameters;
  const line = (source: CorpusSource) => `${source.dataset}: ${source.text}${source.title ? `, ${source.title}` : ""}`;
  return {
    name,
    title: definition.title,
    purpose: definition.purpose,
    licence: definition.licence,
    grade: definition.grade ?? EMPTY.grade,
    side: definition.side ?? EMPTY.side,
    sources: (definition.sources ?? []).map(line).join("\n"),
    languages: given?.language?.keep ?? EMPTY.languages,
    quality: given?.quality?.enabled ?? EMPTY.quality,
    near: given?.duplicates?.near ?? EMPTY.near,
    jaccard: given?.duplicates?.jaccard_min ?? EMPTY.jaccard,
    removePersonal: given?.remove_personal ?? EMPTY.removePersonal,
    passages: given?.passages?.enabled ?? EMPTY.passages,
    passageCharacters: given?.passages?.characters_max ?? EMPTY.passageCharacters,
    validation: given?.splits?.validation ?? EMPTY.validation,
    test: given?.splits?.test ?? EMPTY.test,
    reason: "",
  };
}
