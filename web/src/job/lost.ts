/** What an id by itself tells of a job that is not there. Pure. */

const VERSION_7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * When a job with this id was made (RFC 9562, section 5.7).
 *
 * @returns undefined when no job can have such an id.
 */
export function madeAt(jobId: string): Date | undefined {
  const [, high, low] = VERSION_7.exec(jobId) ?? [];
  return high && low ? new Date(Number.parseInt(high + low, 16)) : undefined;
}
