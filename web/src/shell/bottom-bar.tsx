import { Menu } from "@base-ui/react/menu";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { usePlaces } from "~/shell/use-places.ts";

const ENTRY =
  "flex min-h-12 flex-1 flex-col items-center justify-center gap-0.5 text-soft text-xs aria-[current=page]:text-ember";

/** The rail of a phone: four pages, and a menu for the others. */
export function BottomBar() {
  const navigate = useNavigate();
  const places = usePlaces();
  return (
    <nav aria-label="Pages" className="flex border-hairline border-t bg-sunken md:hidden">
      {places
        .filter((it) => it.first)
        .map(({ to, name, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/", includeSearch: false }}
            className={ENTRY}
          >
            <Icon aria-hidden className="size-5" strokeWidth={1.75} />
            {name}
          </Link>
        ))}
      <Menu.Root>
        <Menu.Trigger className={ENTRY}>
          <Ellipsis aria-hidden className="size-5" strokeWidth={1.75} />
          More
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner side="top" align="end" sideOffset={8} className="z-50">
            <Menu.Popup className="w-48 rounded-xl border border-hairline bg-raised p-1.5 shadow-float outline-none">
              {places
                .filter((it) => !it.first)
                .map(({ to, name, icon: Icon }) => (
                  <Menu.Item
                    key={to}
                    onClick={() => void navigate({ to })}
                    className="flex h-10 items-center gap-2.5 rounded-md px-2.5 outline-none data-highlighted:bg-hover"
                  >
                    <Icon aria-hidden className="size-4" strokeWidth={1.75} />
                    {name}
                  </Menu.Item>
                ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </nav>
  );
}
