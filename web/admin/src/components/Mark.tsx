/** The eight-pointed star in its square: two strokes, one square turned on the other. */
export function Mark({ size = 32, title }: { size?: number; title?: string }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.2"
      strokeLinejoin="round"
      role={title ? "img" : "presentation"}
      aria-label={title}
      aria-hidden={title ? undefined : true}
    >
      <rect x="6.2" y="6.2" width="19.6" height="19.6" />
      <rect x="6.2" y="6.2" width="19.6" height="19.6" transform="rotate(45 16 16)" />
    </svg>
  );
}
