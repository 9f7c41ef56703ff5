/** Timetables. Every change after the first carries the revision it was made from. */
import type { Page, Preview, RuleBody, Schedule, ScheduleBody } from '@/domain/model'
import {
  schedulesCreate, schedulesDestroy, schedulesList, schedulesPause, schedulesPreview, schedulesResume, schedulesRetrieve,
  schedulesUpdate,
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

export async function deleteSchedule(id: number, revision: number): Promise<void> {
  await schedulesDestroy({ path: { id }, headers: matching(revision), ...THROWING })
}

export const pauseSchedule = (id: number, pause: { reason?: string; until?: string }): Promise<Schedule> =>
  body(schedulesPause({ path: { id }, body: pause, ...THROWING }))

export const resumeSchedule = (id: number): Promise<Schedule> => body(schedulesResume({ path: { id }, ...THROWING }))

export const previewSchedule = (
  wanted: { timezone: string; rules: RuleBody[]; count: number }, signal?: AbortSignal,
): Promise<Preview> => body(schedulesPreview({ body: wanted, signal, ...THROWING }))
