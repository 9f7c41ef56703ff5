/** Timetables. Every change after the first carries the revision it was made from. */
import type { CalendarDates, Impact, Page, Pause, Preview, PreviewBody, Schedule, ScheduleBody, Targets } from '@/domain/model'
import {
  schedulesCalendar, schedulesCreate, schedulesDestroy, schedulesImpact, schedulesList, schedulesPause, schedulesPreview, schedulesResume,
  schedulesRetrieve, schedulesTargets, schedulesUpdate,
} from './generated'
import { body, THROWING } from './http'

const MOST = 200
const matching = (revision: number): { 'If-Match': string } => ({ 'If-Match': `"${revision}"` })

export const listSchedules = (query: { server?: number; search?: string }, signal?: AbortSignal): Promise<Page<Schedule>> =>
  body(schedulesList({ query: { ...query, page_size: MOST, ordering: 'name' }, signal, ...THROWING }))

export const readSchedule = (id: number, signal?: AbortSignal): Promise<Schedule> =>
  body(schedulesRetrieve({ path: { id }, signal, ...THROWING }))

export const createSchedule = (wanted: ScheduleBody): Promise<Schedule> => body(schedulesCreate({ body: wanted, ...THROWING }))

export const changeSchedule = (id: number, revision: number, wanted: ScheduleBody): Promise<Schedule> =>
  body(schedulesUpdate({ path: { id }, body: wanted, headers: matching(revision), ...THROWING }))

/** `confirmed`: how many servers somebody knows to be stopped within five minutes. */
export async function deleteSchedule(id: number, revision: number, confirmed?: number): Promise<void> {
  await schedulesDestroy({ path: { id }, query: { confirm_stops: confirmed }, headers: matching(revision), ...THROWING })
}

export const pauseSchedule = (id: number, pause: Pause, confirmed?: number): Promise<Schedule> =>
  body(schedulesPause({ path: { id }, body: { ...pause, confirm_stops: confirmed }, ...THROWING }))

export const resumeSchedule = (id: number, confirmed?: number): Promise<Schedule> =>
  body(schedulesResume({ path: { id }, body: confirmed === undefined ? undefined : { confirm_stops: confirmed }, ...THROWING }))

export const previewSchedule = (wanted: PreviewBody, signal?: AbortSignal): Promise<Preview> =>
  body(schedulesPreview({ body: wanted, signal, ...THROWING }))

export const impactOf = (wanted: ScheduleBody & { schedule?: number }, signal?: AbortSignal): Promise<Impact> =>
  body(schedulesImpact({ body: wanted, signal, ...THROWING }))

export const countTargets = (tagQuery: string, signal?: AbortSignal): Promise<Targets> =>
  body(schedulesTargets({ body: { tag_query: tagQuery }, signal, ...THROWING }))

export const readCalendar = (ics: string): Promise<CalendarDates> => body(schedulesCalendar({ body: { ics }, ...THROWING }))
