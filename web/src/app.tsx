import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { askAgainAfter, mayAskAgain } from "~/api/again.ts";
import { renew } from "~/api/session.ts";
import { Keyboard } from "~/keys/keyboard.tsx";
import { share } from "~/lib/share.ts";
import { LiveProvider } from "~/live/live.tsx";
import { router } from "~/routes.tsx";
import { useSession } from "~/session/use-session.ts";
import { PreferencesProvider, usePreferences } from "~/shell/preferences.tsx";
import { SignInPage } from "~/shell/sign-in-page.tsx";
import { ToastProvider } from "~/ui/toast.tsx";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What is told keeps the page true.
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      structuralSharing: share,
      retry: mayAskAgain,
      retryDelay: askAgainAfter,
    },
  },
});

export function App() {
  return (
    // The page's policy takes styles from its own files only.
    <CSPProvider disableStyleElements>
      <PreferencesProvider>
        <Gate />
      </PreferencesProvider>
    </CSPProvider>
  );
}

function Gate() {
  const session = useSession();
  const { singleKeys } = usePreferences();
  useEffect(() => {
    void renew().catch(() => undefined);
  }, []);
  useEffect(() => {
    // The next person at this browser may not be allowed to see what this one saw.
    if (session.state === "out") client.clear();
  }, [session.state]);
  if (session.state === "unknown") return <p className="sr-only">Loading</p>;
  if (session.state === "out") return <SignInPage ended={session.reason === "ended"} />;
  return (
    <QueryClientProvider client={client}>
      <LiveProvider>
        <Keyboard enabled={singleKeys}>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </Keyboard>
      </LiveProvider>
    </QueryClientProvider>
  );
}
