/** Each address of the dashboard: its path, how its search is read, and the page, which comes lazily. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { readFailuresSearch } from "~/failures/search.ts";
import { readJobSearch } from "~/job/search.ts";
import { readOperationSearch } from "~/jobs/operation-search.ts";
import { readJobsSearch } from "~/jobs/search.ts";
import { strictly } from "~/lib/search.ts";
import { readMailboxSearch } from "~/mailbox/search.ts";
import { readOverviewSearch } from "~/overview/search.ts";
import { readQueuesSearch } from "~/queues/search.ts";
import { readSchedulesSearch } from "~/schedules/search.ts";
import { readAuditSearch, readFindSearch } from "~/settings/search.ts";
import { Broken, NotFound } from "~/shell/lost.tsx";
import { whyLost } from "~/shell/lost-piece.ts";
import { Shell } from "~/shell/shell.tsx";
import { readSubmitSearch } from "~/submit/search.ts";
import { readWebhooksSearch } from "~/webhooks/search.ts";
import { readWorkersSearch } from "~/workers/search.ts";

const page: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(() => load().catch(whyLost), name);

const root = createRootRoute({
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
  notFoundComponent: NotFound,
});

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: strictly(readOverviewSearch),
  component: page(() => import("~/overview/overview-page.tsx"), "OverviewPage"),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  validateSearch: strictly(readJobsSearch),
  component: page(() => import("~/jobs/jobs-page.tsx"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => root,
  path: "/jobs/$jobId",
  validateSearch: strictly(readJobSearch),
  component: page(() => import("~/job/job-page.tsx"), "JobPage"),
});

const operations = createRoute({
  getParentRoute: () => root,
  path: "/operations",
  component: page(() => import("~/jobs/operations-page.tsx"), "OperationsPage"),
});

const operation = createRoute({
  getParentRoute: () => root,
  path: "/operations/$operationId",
  validateSearch: readOperationSearch,
  component: page(() => import("~/jobs/operation-page.tsx"), "OperationPage"),
});

const submit = createRoute({
  getParentRoute: () => root,
  path: "/submit",
  validateSearch: strictly(readSubmitSearch),
  component: page(() => import("~/submit/submit-page.tsx"), "SubmitPage"),
});

const queues = createRoute({
  getParentRoute: () => root,
  path: "/queues",
  validateSearch: strictly(readQueuesSearch),
  component: page(() => import("~/queues/queues-page.tsx"), "QueuesPage"),
});

const workers = createRoute({
  getParentRoute: () => root,
  path: "/workers",
  validateSearch: strictly(readWorkersSearch),
  component: page(() => import("~/workers/workers-page.tsx"), "WorkersPage"),
});

const schedules = createRoute({
  getParentRoute: () => root,
  path: "/schedules",
  validateSearch: strictly(readSchedulesSearch),
  component: page(() => import("~/schedules/schedules-page.tsx"), "SchedulesPage"),
});

const failures = createRoute({
  getParentRoute: () => root,
  path: "/failures",
  validateSearch: strictly(readFailuresSearch),
  component: page(() => import("~/failures/failures-page.tsx"), "FailuresPage"),
});

const webhooks = createRoute({
  getParentRoute: () => root,
  path: "/webhooks",
  validateSearch: strictly(readWebhooksSearch),
  component: page(() => import("~/webhooks/webhooks-page.tsx"), "WebhooksPage"),
});

const mailbox = createRoute({
  getParentRoute: () => root,
  path: "/mailbox",
  validateSearch: strictly(readMailboxSearch),
  component: page(() => import("~/mailbox/mailbox-page.tsx"), "MailboxPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: page(() => import("~/settings/settings-page.tsx"), "SettingsPage"),
});

const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/profile", replace: true });
  },
});

const profile = createRoute({
  getParentRoute: () => settings,
  path: "/profile",
  component: page(() => import("~/settings/profile-part.tsx"), "ProfilePart"),
});

const sessions = createRoute({
  getParentRoute: () => settings,
  path: "/sessions",
  component: page(() => import("~/settings/sessions-part.tsx"), "SessionsPart"),
});

const keys = createRoute({
  getParentRoute: () => settings,
  path: "/keys",
  component: page(() => import("~/settings/keys-part.tsx"), "KeysPart"),
});

const users = createRoute({
  getParentRoute: () => settings,
  path: "/users",
  validateSearch: strictly(readFindSearch),
  component: page(() => import("~/settings/users-part.tsx"), "UsersPart"),
});

const audit = createRoute({
  getParentRoute: () => settings,
  path: "/audit",
  validateSearch: strictly(readAuditSearch),
  component: page(() => import("~/settings/audit-part.tsx"), "AuditPart"),
});

const system = createRoute({
  getParentRoute: () => settings,
  path: "/system",
  validateSearch: strictly(readFindSearch),
  component: page(() => import("~/settings/system-part.tsx"), "SystemPart"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    jobs,
    job,
    operations,
    operation,
    submit,
    queues,
    workers,
    schedules,
    failures,
    webhooks,
    mailbox,
    settings.addChildren([settingsIndex, profile, sessions, keys, users, audit, system]),
  ]),
  defaultPreload: "intent",
  scrollRestoration: true,
  scrollToTopSelectors: ["#content"],
  defaultErrorComponent: Broken,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
