import { useQuery } from "@tanstack/react-query";
import { installationQuery } from "~/api/installation.ts";
import { PLACES } from "~/shell/places.ts";

/** The pages that this installation has; until it is known, all of them. */
export function usePlaces() {
  const features = useQuery(installationQuery).data?.features;
  return PLACES.filter(({ needs }) => !needs || features?.[needs] !== false);
}
