// The business terms that a dataset holds, on its page.
import { Link } from "@tanstack/react-router";
import { api } from "../../sdk/api";
import { text, useT } from "../../sdk/i18n";
import { useAsk } from "../../sdk/query";
import { FailureView } from "../../sdk/States";

const SHOWN = 20;

export function DatasetTerms({ name }: { name: string }) {
  const t = useT();
  const terms = useAsk(["terms", "of", name], () => api.terms({ dataset: name, page_size: SHOWN }));
  if (terms.isError) return <FailureView error={terms.error} />;
  if (!terms.data || terms.data.total === 0) return null;
  return (
    <p className="muted" style={{ display: "flex", gap: "2px 12px", flexWrap: "wrap" }}>
      <span>{t("terms.title")}：</span>
      {terms.data.items.map((term) => (
        <Link key={term.id} to="/terms" search={{ dataset: name, text: term.name.zh }} title={text(term.definition)}>{text(term.name)}</Link>
      ))}
    </p>
  );
}
