/** All schedules as one YAML document, out and in. */
import type { Imported } from '@/domain/model'
import { schedulesImport } from './generated'
import { body, THROWING } from './http'

/** Followed by the browser itself, which keeps what comes as a file. */
export const EXPORT_PATH = '/api/v1/schedules/export'

export interface ImportBody { document: string; dry_run: boolean; remove_others: boolean; confirm_stops?: number }

export const importSchedules = (wanted: ImportBody): Promise<Imported> => body(schedulesImport({ body: wanted, ...THROWING }))
