/** Timetables. Every change after the first carries the revision it was made from. */
import type { Page, Preview, RuleBody, Schedule, ScheduleBody } from '@/domain/model'
import { call, get, post } from './http'

const matching = (revision: number): Record<string, string> => ({ 'If-Match': `"${revision}"` })

export const listSchedules = (query: { server?: number; search?: string }, signal?: AbortSignal): Promise<Page<Schedule>> =>
  get('schedules', { ...query, page_size: 200, ordering: 'name' }, signal)

export const readSchedule = (id: number, signal?: AbortSignal): Promise<Schedule> => get(`schedules/${id}`, {}, signal)

export const createSchedule = (body: ScheduleBody): Promise<Schedule> => post('schedules', body)

export const changeSchedule = async (id: number, revision: number, body: ScheduleBody): Promise<Schedule> =>
  (await call<Schedule>('PATCH', `schedules/${id}`, { body, headers: matching(revision) })).body

export async function deleteSchedule(id: number, revision: number): Promise<void> {
  await call('DELETE', `schedules/${id}`, { headers: matching(revision) })
}

export const pauseSchedule = (id: number, pause: { reason?: string; until?: string }): Promise<Schedule> =>
  post(`schedules/${id}/pause`, pause)

export const resumeSchedule = (id: number): Promise<Schedule> => post(`schedules/${id}/resume`, {})

export async function previewSchedule(
  body: { timezone: string; rules: RuleBody[]; count: number }, signal?: AbortSignal,
): Promise<Preview> {
  return (await call<Preview>('POST', 'schedules/preview', { body, signal })).body
}
