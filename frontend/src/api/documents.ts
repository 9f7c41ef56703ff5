/** All schedules as one YAML document, out and in. */
import type { Imported } from '@/domain/model'
import { client } from './generated/client.gen'
import { body, THROWING } from './http'

/** Followed by the browser itself, which keeps what comes as a file. */
export const EXPORT_PATH = '/api/v1/schedules/export'

export interface ImportBody { document: string; dry_run: boolean; remove_others: boolean; confirm_stops?: number }

export const importSchedules = (wanted: ImportBody): Promise<Imported> =>
  body(client.request<{ 200: Imported }, unknown, true>({
    method: 'POST', url: '/api/v1/schedules/import', body: wanted, headers: { 'Content-Type': 'application/json' }, ...THROWING,
  })) as Promise<Imported>
