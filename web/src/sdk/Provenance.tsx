// The footer of every result: from which data, by what, when, and under which evidence number.
import { Link } from "@tanstack/react-router";
import { instant, seconds as duration } from "./format";
import { useT } from "./i18n";
import type { Input, Provenance } from "./types";

export function ProvenanceFooter({
  provenance,
  inputs,
  seconds,
}: {
  provenance?: Provenance | null;
  inputs?: Input[];
  seconds?: number;
}) {
  const t = useT();
  const read = provenance?.inputs ?? inputs ?? [];
  if (!provenance && read.length === 0 && seconds === undefined) return null;
  return (
    <footer className="prov" aria-label={t("provenance.title")}>
      <span className="wrap">
        <b>{t("provenance.inputs")}</b>{" "}
        {read.length === 0
          ? t("provenance.noInputs")
          : read.map((input, at) => (
              <span key={`${input.dataset}@${input.version}`}>
                {at > 0 ? "、" : ""}
                <Link
                  to="/data/$name"
                  params={{ name: input.dataset }}
                  search={{ version: input.version }}
                  title={`${t("provenance.versionOf", { version: input.version })} · ${t("provenance.grant")} ${input.grant}`}
                >
                  {input.dataset}@{input.version}
                </Link>
              </span>
            ))}
      </span>
      {provenance ? (
        <>
          <span>
            <b>{t("provenance.component")}</b> {provenance.component} {provenance.component_version}
          </span>
          <span>
            <b>{t("provenance.computedAt")}</b> {instant(provenance.computed_at)}
          </span>
        </>
      ) : null}
      {seconds !== undefined ? (
        <span>
          <b>{t("provenance.took")}</b> {duration(seconds)}
        </span>
      ) : null}
      {provenance?.evidence !== undefined && provenance?.evidence !== null ? (
        <span>
          <b>{t("provenance.evidence")}</b>{" "}
          <Link to="/evidence" search={{ seq: provenance.evidence }}>
            #{provenance.evidence}
          </Link>
        </span>
      ) : null}
    </footer>
  );
}
