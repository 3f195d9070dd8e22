import { Link, Outlet } from "@tanstack/react-router";
import { Page } from "~/ui/page.tsx";

const PARTS = [
  {
    title: "You",
    links: [
      { to: "/settings/profile", name: "Profile" },
      { to: "/settings/sessions", name: "Sessions" },
      { to: "/settings/keys", name: "API keys" },
    ],
  },
  {
    title: "Installation",
    links: [
      { to: "/settings/users", name: "Accounts" },
      { to: "/settings/audit", name: "Audit trail" },
      { to: "/settings/system", name: "System" },
    ],
  },
] as const;

export function SettingsPage() {
  return (
    <Page title="Settings">
      <div className="grid grid-cols-1 gap-x-10 gap-y-5 md:grid-cols-[10rem_minmax(0,1fr)]">
        <nav
          aria-label="Settings"
          className="flex gap-5 max-md:-mx-4 max-md:overflow-x-auto max-md:border-hairline max-md:border-b max-md:px-4 md:flex-col"
        >
          {PARTS.map(({ title, links }) => (
            <div key={title} className="flex md:flex-col md:gap-0.5">
              <h2 className="mb-1 px-2.5 text-faint text-sm max-md:sr-only">{title}</h2>
              {links.map(({ to, name }) => (
                <Link
                  key={to}
                  to={to}
                  className="flex h-8 items-center whitespace-nowrap rounded-md px-2.5 text-soft hover:bg-hover hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink max-md:h-10 max-md:rounded-none max-md:border-transparent max-md:border-b-2 max-md:aria-[current=page]:border-ember md:aria-[current=page]:bg-hover"
                >
                  {name}
                </Link>
              ))}
            </div>
          ))}
        </nav>
        <div className="flex min-w-0 flex-col gap-8">
          <Outlet />
        </div>
      </div>
    </Page>
  );
}
