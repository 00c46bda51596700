// Recovery codes, shown once.
import { Alert, Button } from "antd";
import { useT } from "../../sdk/i18n";

export function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const t = useT();
  return (
    <Alert
      type="warning"
      showIcon
      style={{ marginBottom: 16 }}
      title={t("security.codesOnce")}
      description={
        <>
          <ul className="mono" data-testid="recovery-codes">{codes.map((code) => <li key={code}>{code}</li>)}</ul>
          <Button size="small" onClick={onDone}>{t("security.kept")}</Button>
        </>
      }
    />
  );
}
