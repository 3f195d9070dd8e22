/** Each address of the dashboard: its path, how its search is read, and the page, which comes lazily. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { readFailuresSearch } from "~/failures/search.ts";
import { readJobSearch } from "~/job/search.ts";
import { readJobsSearch } from "~/jobs/search.ts";
import { readMailboxSearch } from "~/mailbox/search.ts";
import { readOverviewSearch } from "~/overview/search.ts";
import { readQueuesSearch } from "~/queues/search.ts";
import { readSchedulesSearch } from "~/schedules/search.ts";
import { readSettingsSearch } from "~/settings/search.ts";
import { Broken, NotFound } from "~/shell/lost.tsx";
import { Shell } from "~/shell/shell.tsx";
import { readSubmitSearch } from "~/submit/search.ts";
import { readWebhooksSearch } from "~/webhooks/search.ts";
import { readWorkersSearch } from "~/workers/search.ts";

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
  validateSearch: readOverviewSearch,
  component: lazyRouteComponent(() => import("~/overview/overview-page.tsx"), "OverviewPage"),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  validateSearch: readJobsSearch,
  component: lazyRouteComponent(() => import("~/jobs/jobs-page.tsx"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => root,
  path: "/jobs/$jobId",
  validateSearch: readJobSearch,
  component: lazyRouteComponent(() => import("~/job/job-page.tsx"), "JobPage"),
});

const submit = createRoute({
  getParentRoute: () => root,
  path: "/submit",
  validateSearch: readSubmitSearch,
  component: lazyRouteComponent(() => import("~/submit/submit-page.tsx"), "SubmitPage"),
});

const queues = createRoute({
  getParentRoute: () => root,
  path: "/queues",
  validateSearch: readQueuesSearch,
  component: lazyRouteComponent(() => import("~/queues/queues-page.tsx"), "QueuesPage"),
});

const workers = createRoute({
  getParentRoute: () => root,
  path: "/workers",
  validateSearch: readWorkersSearch,
  component: lazyRouteComponent(() => import("~/workers/workers-page.tsx"), "WorkersPage"),
});

const schedules = createRoute({
  getParentRoute: () => root,
  path: "/schedules",
  validateSearch: readSchedulesSearch,
  component: lazyRouteComponent(() => import("~/schedules/schedules-page.tsx"), "SchedulesPage"),
});

const failures = createRoute({
  getParentRoute: () => root,
  path: "/failures",
  validateSearch: readFailuresSearch,
  component: lazyRouteComponent(() => import("~/failures/failures-page.tsx"), "FailuresPage"),
});

const webhooks = createRoute({
  getParentRoute: () => root,
  path: "/webhooks",
  validateSearch: readWebhooksSearch,
  component: lazyRouteComponent(() => import("~/webhooks/webhooks-page.tsx"), "WebhooksPage"),
});

const mailbox = createRoute({
  getParentRoute: () => root,
  path: "/mailbox",
  validateSearch: readMailboxSearch,
  component: lazyRouteComponent(() => import("~/mailbox/mailbox-page.tsx"), "MailboxPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: readSettingsSearch,
  component: lazyRouteComponent(() => import("~/settings/settings-page.tsx"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    jobs,
    job,
    submit,
    queues,
    workers,
    schedules,
    failures,
    webhooks,
    mailbox,
    settings,
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
