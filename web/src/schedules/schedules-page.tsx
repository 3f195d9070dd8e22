import { getRouteApi } from "@tanstack/react-router";
import { DutyList } from "~/schedules/duty-list.tsx";
import { ScheduleEditor } from "~/schedules/schedule-editor.tsx";
import { ScheduleList } from "~/schedules/schedule-list.tsx";

const route = getRouteApi("/schedules");

export function SchedulesPage() {
  const { edit, view } = route.useSearch();
  if (edit !== undefined) return <ScheduleEditor key={edit} />;
  return view === "system" ? <DutyList /> : <ScheduleList />;
}
