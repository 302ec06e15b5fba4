/*
 * Reading tickets with the camera, where the browser can find QR codes by itself. Elsewhere the
 * code is typed or comes from a hand scanner, which types too.
 */
const LOOK_MS = 250;

export const canScan = () => 'BarcodeDetector' in window && Boolean(navigator.mediaDevices?.getUserMedia);

/* `found(text)` runs once for each code that comes before the camera. Returns a way to stop. */
export async function scan(video, found) {
  const detector = new window.BarcodeDetector({ formats: ['qr_code'] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  video.srcObject = stream;
  await video.play();
  let last = '';
  const timer = setInterval(async () => {
    const codes = await detector.detect(video).catch(() => []);
    const text = codes[0]?.rawValue ?? '';
    if (text && text !== last) found(text);
    last = text || last;
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
}
