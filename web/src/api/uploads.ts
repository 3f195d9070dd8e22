/** Files for jobs to read, sent with their progress. */
import { ApiProblem } from "~/api/problem.ts";
import type { Problem, Upload } from "~/api/schema.ts";
import { accessToken } from "~/api/session.ts";

/**
 * Send a file.
 *
 * @param onShare how much of it is sent, from 0 to 1.
 * @throws ApiProblem what the API refused with, or that it could not be reached.
 */
export async function upload(
  file: File,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  const token = await accessToken();
  // `fetch` does not tell how much of a body is sent.
  const request = new XMLHttpRequest();
  request.open("POST", `/api/v1/uploads?filename=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0);
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.onload = () => {
      if (request.status < 300) resolve(request.response as Upload);
      else reject(problemOf(request));
    };
    request.onerror = () =>
      reject(
        new ApiProblem(0, {
          title: "The server cannot be reached",
          detail: "The connection broke while the file was sent. Send it again.",
        }),
      );
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    request.send(file);
  });
}

function problemOf(request: XMLHttpRequest): ApiProblem {
  const problem = (request.response ?? {}) as Partial<Problem>;
  const id = request.getResponseHeader("X-Request-ID");
  return new ApiProblem(request.status, problem, new Headers(id ? { "X-Request-ID": id } : {}));
}
