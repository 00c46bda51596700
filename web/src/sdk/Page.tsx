// The frame of every page: its name, the question it answers, and its tools.
import { useEffect, type ReactNode } from "react";
import { useT } from "./i18n";

export function PageFrame({
  title,
  question,
  crumb,
  tools,
  children,
}: {
  title: string;
  question?: ReactNode;
  crumb?: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
}) {
  const t = useT();
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title, t]);
  return (
    <article>
      <header className="page-head">
        <div style={{ minWidth: 0 }}>
          {crumb ? <div className="crumb">{crumb}</div> : null}
          <h1 className="wrap">{title}</h1>
          {question ? <p className="question">{question}</p> : null}
        </div>
        {tools ? <div className="tools">{tools}</div> : null}
      </header>
      {children}
    </article>
  );
}

export function Card({
  title,
  tools,
  children,
  label,
}: {
  title?: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
  label?: string;
}) {
  return (
    <section className="card" aria-label={label ?? (typeof title === "string" ? title : undefined)}>
      {title !== undefined ? (
        <div className="card-head">
          <h2>{title}</h2>
          {tools ? <div className="tools">{tools}</div> : null}
        </div>
      ) : null}
      {children}
    </section>
  );
}

export function Figure({
  label,
  value,
  unit,
  note,
  tone,
  onClick,
}: {
  label: ReactNode;
  value: ReactNode;
  unit?: string;
  note?: ReactNode;
  tone?: "good" | "warn" | "bad";
  onClick?: () => void;
}) {
  const inside = (
    <>
      <div className="label">{label}</div>
      <div className="value">
        {value}
        {unit ? <small>{unit}</small> : null}
      </div>
      {note ? <div className="note">{note}</div> : null}
    </>
  );
  const className = `figure${tone ? ` ${tone}` : ""}`;
  if (onClick) {
    return (
      <button type="button" className={className} onClick={onClick}>
        {inside}
      </button>
    );
  }
  return <div className={className}>{inside}</div>;
}

export function Badge({ colour, children }: { colour?: string; children: ReactNode }) {
  return (
    <span className="badge" style={colour ? { color: colour } : undefined}>
      {colour ? <i aria-hidden="true" /> : null}
      <span>{children}</span>
    </span>
  );
}

/** A share 0..1 as a small bar with its number. */
export function Meter({ value, shown, colour }: { value: number; shown: string; colour?: string }) {
  const width = `${Math.max(0, Math.min(1, value)) * 100}%`;
  return (
    <span className="bar-meter">
      <span className="track" aria-hidden="true">
        <span className="fill" style={{ width, background: colour }} />
      </span>
      <span className="num">{shown}</span>
    </span>
  );
}
