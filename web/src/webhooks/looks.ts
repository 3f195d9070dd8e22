import { Ban, CircleCheck, Clock, type LucideIcon, OctagonX, TriangleAlert } from "lucide-react";
import type { DeliveryStatus, Endpoint, EndpointState } from "~/api/schema.ts";

interface Look {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly tone: string;
}

export const DELIVERY_LOOKS = {
  pending: { label: "Pending", icon: Clock, tone: "text-scheduled" },
  delivered: { label: "Delivered", icon: CircleCheck, tone: "text-success" },
  failed: { label: "Given up", icon: OctagonX, tone: "text-failed" },
  disabled: { label: "Not sent", icon: Ban, tone: "text-cancelled" },
} satisfies Record<DeliveryStatus, Look>;

const RECEIVER_LOOKS = {
  ok: { label: "Fine", icon: CircleCheck, tone: "text-success" },
  backing_off: { label: "Left alone", icon: TriangleAlert, tone: "text-retrying" },
  disabled: { label: "Disabled", icon: Ban, tone: "text-failed" },
} satisfies Record<EndpointState, Look>;

const FAILING: Look = { label: "Failing", icon: TriangleAlert, tone: "text-retrying" };

/** A receiver is tried as long as it is not left alone, whatever its last calls brought. */
export function receiverLook({ state, failures }: Pick<Endpoint, "state" | "failures">): Look {
  return state === "ok" && failures > 0 ? FAILING : RECEIVER_LOOKS[state];
}
