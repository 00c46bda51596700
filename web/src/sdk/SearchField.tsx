// The text a list is narrowed down by: typed here, kept in the address.
import { Input } from "antd";
import { type ReactNode, useEffect, useId, useState } from "react";

/** Longest text looked for, in characters; the node refuses longer ones. */
const CHARACTERS_MAX = 200;

export function SearchField({
  label,
  value,
  onSearch,
  placeholder,
  hint,
  longest = CHARACTERS_MAX,
  width = 380,
}: {
  label: string;
  /** The text in the address. */
  value: string | undefined;
  onSearch: (text: string | undefined) => void;
  placeholder?: string;
  hint?: ReactNode;
  longest?: number;
  /** Greatest width in pixels. */
  width?: number;
}) {
  const id = useId();
  const [typed, setTyped] = useState(value ?? "");
  useEffect(() => setTyped(value ?? ""), [value]);
  return (
    <div className="filter wide" style={{ flex: "1 1 240px", maxWidth: width }}>
      <label htmlFor={id}>{label}</label>
      <Input.Search
        id={id}
        allowClear
        value={typed}
        maxLength={longest}
        placeholder={placeholder}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => setTyped(event.target.value)}
        onSearch={(text) => onSearch(text.trim() || undefined)}
      />
      {hint ? <small id={`${id}-hint`} className="muted">{hint}</small> : null}
    </div>
  );
}
