import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App as AntApp, ConfigProvider, theme as antd } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./router";
import { useLanguage } from "./sdk/i18n";
import { client } from "./sdk/query";
import "./shell/global.css";
import { useTheme } from "./shell/preferences";
import { markStyles, pageNonce } from "./shell/nonce";
import { antdTokens } from "./shell/theme";

const nonce = pageNonce();
if (nonce !== undefined) markStyles(document, nonce);

function Portal() {
  const language = useLanguage();
  const theme = useTheme();
  return (
    <ConfigProvider
      locale={language === "en" ? enUS : zhCN}
      theme={{
        algorithm: theme === "dark" ? antd.darkAlgorithm : antd.defaultAlgorithm,
        token: antdTokens(theme),
        components: {
          Button: theme === "dark" ? { primaryColor: "#0b111c" } : {},
          Table: { headerBg: "transparent" },
        },
      }}
      button={{ autoInsertSpace: false }}
    >
      <AntApp style={{ height: "100%" }}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Portal />
    </StrictMode>,
  );
}
