import { getRouteApi } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useState } from "react";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Empty } from "~/ui/faces.tsx";
import { Page } from "~/ui/page.tsx";
import { Tabs } from "~/ui/tabs.tsx";
import { Deliveries } from "~/webhooks/deliveries.tsx";
import { Receivers } from "~/webhooks/receivers.tsx";
import { SigningSecret } from "~/webhooks/signing-secret.tsx";
import { TestDialog } from "~/webhooks/test-dialog.tsx";

const route = getRouteApi("/webhooks");

export function WebhooksPage() {
  const { tab = "deliveries" } = route.useSearch();
  const navigate = route.useNavigate();
  const unless = useUnless("webhooks");
  const unlessSubmit = useUnless("submit");
  const [testing, setTesting] = useState(false);
  return (
    <Page
      title="Webhooks"
      actions={
        <Button onClick={() => setTesting(true)} unless={unlessSubmit}>
          <Send aria-hidden className="size-4" strokeWidth={1.75} />
          Send a test
        </Button>
      }
    >
      {unless === undefined ? (
        <Tabs
          label="Webhooks"
          open={tab}
          onOpen={(name) => void navigate({ search: name === "deliveries" ? {} : { tab: name } })}
          tabs={[
            { name: "deliveries", label: "Deliveries", content: () => <Deliveries /> },
            { name: "receivers", label: "Receivers", content: () => <Receivers /> },
            { name: "secret", label: "Signing secret", content: () => <SigningSecret /> },
          ]}
        />
      ) : (
        <Empty title="Webhooks are for operators">
          <p>{unless}</p>
        </Empty>
      )}
      <TestDialog open={testing} onClose={() => setTesting(false)} />
    </Page>
  );
}
