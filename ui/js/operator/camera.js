/*
 * Reading tickets with the camera: by the browser itself where it can find QR codes, else by jsQR, which is only loaded
 * when somebody turns the camera on.
 */
const LOOK_MS = 250;
const SIDE_PX = 640;

export const canScan = () => Boolean(navigator.mediaDevices?.getUserMedia);

async function own() {
  const formats = await window.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (!formats?.includes('qr_code')) return null;
  const detector = new window.BarcodeDetector({ formats: ['qr_code'] });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? '';
}

async function borrowed() {
  await import('/vendor/jsqr/jsQR.js');
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, SIDE_PX / Math.max(video.videoWidth, video.videoHeight));
    const wide = Math.round(video.videoWidth * scale);
    const high = Math.round(video.videoHeight * scale);
    if (!wide || !high) return '';
    Object.assign(pen.canvas, { width: wide, height: high });
    pen.drawImage(video, 0, 0, wide, high);
    return (
      window.jsQR(pen.getImageData(0, 0, wide, high).data, wide, high, { inversionAttempts: 'dontInvert' })?.data ?? ''
    );
  };
}

/* `found(text)` runs once for each code that comes before the camera. Returns a way to stop. */
export async function scan(video, found) {
  const read = (await own()) ?? (await borrowed());
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  video.srcObject = stream;
  await video.play();
  let last = '';
  let timer = 0;
  async function look() {
    const text = await read(video).catch(() => '');
    if (text && text !== last) found(text);
    last = text || last;
    if (stream.active) timer = setTimeout(look, LOOK_MS);
  }
  look();
  return () => {
    clearTimeout(timer);
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
}
