/** SVG elements from (0, 0) to (width, height), in pixels. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}
